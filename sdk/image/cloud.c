#include "image/cloud.h"

#include <string.h>

#include "base/arena.h"
#include "base/proc.h"
#include "base/text.h"
#include "image/image.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* --- the providers; docs/clouds.md says where each shape comes from --- */

#define NAMES(X) X(gcp) X(aws) X(azure) X(openstack) X(digitalocean) X(hetzner) X(oracle) X(proxmox)

static const char *const gcp_steps[] = {
    "gcloud storage cp @FILE@ gs://BUCKET/@NAME@.tar.gz",
    "gcloud compute images create @NAME@ --source-uri gs://BUCKET/@NAME@.tar.gz --guest-os-features UEFI_COMPATIBLE",
    "gcloud compute instances create @NAME@ --image @NAME@ --machine-type e2-micro",
    "gcloud compute instances get-serial-port-output @NAME@",
    NULL,
};
static const char *const aws_steps[] = {
    "aws s3 cp @FILE@ s3://BUCKET/@NAME@.vmdk",
    "aws ec2 import-snapshot --disk-container 'Format=VMDK,UserBucket={S3Bucket=BUCKET,S3Key=@NAME@.vmdk}'",
    "aws ec2 describe-import-snapshot-tasks # until it says the SNAPSHOT",
    "aws ec2 register-image --name @NAME@ --architecture x86_64 --virtualization-type hvm --boot-mode uefi-preferred "
    "--ena-support --root-device-name /dev/xvda "
    "--block-device-mappings 'DeviceName=/dev/xvda,Ebs={SnapshotId=SNAPSHOT}'",
    "aws ec2 run-instances --image-id IMAGE --instance-type t3.micro",
    "aws ec2 get-console-output --latest --output text --instance-id INSTANCE",
    NULL,
};
static const char *const azure_steps[] = {
    "az storage blob upload --account-name ACCOUNT --container-name CONTAINER --type page --name @NAME@.vhd "
    "--file @FILE@",
    "az disk create --resource-group GROUP --name @NAME@ --os-type Linux --hyper-v-generation V2 "
    "--source https://ACCOUNT.blob.core.windows.net/CONTAINER/@NAME@.vhd",
    "az vm create --resource-group GROUP --name @NAME@ --attach-os-disk @NAME@ --os-type Linux --size Standard_B1s "
    "--boot-diagnostics-storage ACCOUNT",
    "az vm boot-diagnostics get-boot-log --resource-group GROUP --name @NAME@",
    NULL,
};
static const char *const openstack_steps[] = {
    "openstack image create --disk-format qcow2 --container-format bare --file @FILE@ "
    "--property hw_disk_bus=virtio --property hw_vif_model=virtio @NAME@",
    "openstack server create --image @NAME@ --flavor FLAVOR --network NETWORK @NAME@",
    "openstack console log show @NAME@",
    NULL,
};
static const char *const digitalocean_steps[] = {
    "doctl compute image create @NAME@ --region REGION --image-url https://HOST/@NAME@.qcow2 # where you have put "
    "@FILE@",
    "doctl compute droplet create @NAME@ --region REGION --size s-1vcpu-512mb-10gb --image IMAGE",
    NULL,
};
static const char *const hetzner_steps[] = {
    "hcloud server create --name @NAME@ --type cx22 --image debian-12 --start-after-create=false",
    "hcloud server enable-rescue @NAME@ && hcloud server poweron @NAME@",
    "gunzip <@FILE@ | hcloud server ssh @NAME@ 'dd of=/dev/sda bs=1M'",
    "hcloud server reset @NAME@",
    NULL,
};
static const char *const oracle_steps[] = {
    "oci os object put --bucket-name BUCKET --name @NAME@.qcow2 --file @FILE@",
    "oci compute image import from-object --compartment-id COMPARTMENT --namespace NAMESPACE --bucket-name BUCKET "
    "--name @NAME@.qcow2 --display-name @NAME@ --source-image-type QCOW2 --launch-mode PARAVIRTUALIZED",
    "oci compute instance launch --compartment-id COMPARTMENT --availability-domain DOMAIN --subnet-id SUBNET "
    "--shape VM.Standard.E4.Flex --shape-config '{\"ocpus\": 1, \"memoryInGBs\": 1}' --image-id IMAGE",
    "oci compute console-history capture --instance-id INSTANCE",
    NULL,
};
static const char *const proxmox_steps[] = {
    "qm create ID --name @NAME@ --memory 64 --ostype other --serial0 socket --vga serial0 --net0 virtio,bridge=vmbr0",
    "qm set ID --virtio0 local-lvm:0,import-from=\"$(realpath @FILE@)\" --boot order=virtio0",
    "qm start ID && qm terminal ID",
    NULL,
};

static const struct cloud clouds[] = {
    {"gcp", "raw", "disk.raw", ".tar.gz", GIB, "gcloud", gcp_steps},
    {"aws", "vmdk", NULL, ".vmdk", GIB, "aws", aws_steps},
    {"azure", "vhd", NULL, ".vhd", MIB, "az", azure_steps},
    {"openstack", "qcow2", NULL, ".qcow2", MIB, "openstack", openstack_steps},
    {"digitalocean", "qcow2", NULL, ".qcow2", MIB, "doctl", digitalocean_steps},
    {"hetzner", "raw", NULL, ".img.gz", MIB, "hcloud", hetzner_steps},
    {"oracle", "qcow2", NULL, ".qcow2", MIB, "oci", oracle_steps},
    {"proxmox", "qcow2", NULL, ".qcow2", MIB, "qm", proxmox_steps},
};

const char *const cloud_names[] = {
#define NAME(name) #name,
    NAMES(NAME)
#undef NAME
        NULL};

const struct cloud *cloud_find(const char *name)
{
    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++)
        if (strcmp(clouds[i].name, name) == 0)
            return &clouds[i];
    return NULL;
}

/* --- the file --- */

/* What was made is a disk of that format and size with that kernel in it. */
static int check_disk(const struct cloud *cloud, const struct file *kernel, const char *path, struct err *err)
{
    const struct image_format *format = image_format_find(cloud->format);
    struct file disk;
    unsigned long offset, size;
    if (file_read(&disk, path, err) != 0)
        return -1;
    int result = 0;
    if (image_format_of_bytes(disk.data, disk.size) != format)
        result = err_set(err, "%s: came out as no %s image", path, format->name);
    else if (format->is_wrapped)
        result = image_unwrap(format, path, &disk, err);
    if (result == 0 && disk.size % cloud->unit != 0)
        result =
            err_set(err, "%s: came out with a disk of %zu bytes, no multiple of %lu", path, disk.size, cloud->unit);
    if (result == 0 && (image_find_kernel(disk.data, disk.size, &offset, &size) != 0 || size != kernel->size ||
                        memcmp(disk.data + offset, kernel->data, size) != 0))
        result = err_set(err, "%s: came out with another kernel", path);
    file_close(&disk);
    return result;
}

/* Holes are found by reading, not by asking the file system, so that the same disk gives the same archive. */
static int pack_tar(const struct cloud *cloud, const char *folder, const char *path, struct err *err)
{
    const char *argv[] = {"tar",         "--format=oldgnu",
                          "--sparse",    "--hole-detection=raw",
                          "--mtime=@0",  "--owner=0",
                          "--group=0",   "--numeric-owner",
                          "--mode=0644", "-I",
                          "gzip -n",     "-C",
                          folder,        "-cf",
                          path,          cloud->archive,
                          NULL};
    return proc_run(argv, "tar", NULL, err);
}

static int pack_gzip(const char *disk, const char *path, struct err *err)
{
    const char *argv[] = {"gzip", "-n", "-c", disk, NULL};
    struct buf bytes = {0};
    int result = proc_run(argv, "gzip", &bytes, err);
    if (result == 0)
        result = file_write(path, bytes.data, bytes.size, err);
    buf_free(&bytes);
    return result;
}

static int write_checked(const struct cloud *cloud, const char *elf, const char *path, struct err *err)
{
    const struct image_format *format = image_format_find(cloud->format);
    struct file kernel;
    if (file_read(&kernel, elf, err) != 0)
        return -1;
    /* Stubs and tables take less than a MiB. */
    struct image_options options = {.size = (kernel.size + MIB + cloud->unit - 1) / cloud->unit * cloud->unit};
    int result = image_write(format, elf, &options, path, err);
    if (result == 0)
        result = check_disk(cloud, &kernel, path, err);
    file_close(&kernel);
    return result;
}

int cloud_write(const struct cloud *cloud, const char *elf, const char *path, struct err *err)
{
    bool is_compressed = strcmp(cloud->ending + strlen(cloud->ending) - 3, ".gz") == 0;
    struct temp_dir temp;
    struct arena arena = {0};
    if (!is_compressed)
        return write_checked(cloud, elf, path, err);
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *disk = arena_printf(&arena, "%s/%s", temp.path, cloud->archive ? cloud->archive : "disk");
    int result = write_checked(cloud, elf, disk, err);
    if (result == 0)
        result = cloud->archive ? pack_tar(cloud, temp.path, path, err) : pack_gzip(disk, path, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

/* --- the steps --- */

static void print_step(const char *step, const char *name, const char *file, FILE *stream)
{
    for (const char *at = step; *at;) {
        bool is_name = strncmp(at, "@NAME@", 6) == 0, is_file = strncmp(at, "@FILE@", 6) == 0;
        if (is_name || is_file) {
            text_print_word(is_name ? name : file, stream);
            at += 6;
        } else {
            fputc(*at++, stream);
        }
    }
    fputc('\n', stream);
}

void cloud_print_steps(const struct cloud *cloud, const char *name, const char *file, FILE *stream)
{
    for (const char *const *step = cloud->steps; *step; step++) {
        fputs("  ", stream);
        print_step(*step, name, file, stream);
    }
}
