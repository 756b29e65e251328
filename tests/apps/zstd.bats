# zstd: 20 MB through stdin and stdout, both ways.
PACKER=zstd
load packer

@test "zstd: pack on Linux" { packs_on linux; }
@test "zstd: unpack on Linux" { unpacks_on linux; }
@test "zstd: pack in the unikernel" { packs_on elf; }
@test "zstd: unpack in the unikernel" { unpacks_on elf; }
@test "zstd: pack from the disk image" { packs_on bios; }
@test "zstd: unpack from the disk image" { unpacks_on bios; }
@test "zstd: a broken file on Linux" { refuses_on linux; }
@test "zstd: a broken file in the unikernel" { refuses_on elf; }
