# bzip2: 20 MB through stdin and stdout, both ways.
PACKER=bzip2
load packer

@test "bzip2: pack on Linux" { packs_on linux; }
@test "bzip2: unpack on Linux" { unpacks_on linux; }
@test "bzip2: pack in the unikernel" { packs_on elf; }
@test "bzip2: unpack in the unikernel" { unpacks_on elf; }
@test "bzip2: pack from the disk image" { packs_on bios; }
@test "bzip2: unpack from the disk image" { unpacks_on bios; }
@test "bzip2: a broken file on Linux" { refuses_on linux; }
@test "bzip2: a broken file in the unikernel" { refuses_on elf; }
