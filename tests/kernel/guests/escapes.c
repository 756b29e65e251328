/* Works below FOLDER, where somebody else exchanges "door", a folder, with a link that leads out of the program's
 * reach, until the door was seen to open or shut TURNS times. Ends with status 1 where anything was read from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool was_open;
static int turns;

/* Whether a call did its work, found the door shut, or found what an earlier call could not make or remove. */
static bool expected(int result)
{
    if (result >= 0 || errno == ENOTCAPABLE || errno == ENOENT || errno == EEXIST)
        return true;
    perror("unexpected");
    return false;
}

static bool reads_inside(void)
{
    char text[16] = "";
    struct stat about;
    int file = open("door/name", O_RDONLY);
    if (!expected(file))
        return false;
    turns += was_open != (file >= 0);
    was_open = file >= 0;
    if (file >= 0) {
        read(file, text, sizeof text - 1);
        close(file);
    }
    if (file >= 0 && strcmp(text, "inside") != 0)
        return false;
    int result = stat("door/name", &about);
    return expected(result) && (result < 0 || about.st_size == 6);
}

/* What these would do outside is for the caller to look for. */
static bool changes_inside(void)
{
    int file = open("door/made", O_CREAT | O_WRONLY, 0666);
    bool known = expected(file);
    if (file >= 0)
        close(file);
    return known && expected(rename("door/made", "door/moved")) && expected(link("door/name", "door/linked")) &&
           expected(symlink("name", "door/pointer")) && expected(mkdir("door/folder", 0777)) &&
           expected(unlink("door/moved")) && expected(unlink("door/linked")) && expected(unlink("door/pointer")) &&
           expected(rmdir("door/folder")) && expected(unlink("door/victim"));
}

int main(int argc, char **argv)
{
    if (argc != 3 || chdir(argv[1]) != 0)
        return 2;
    while (turns < atoi(argv[2]))
        if (!reads_inside() || !changes_inside())
            return 1;
    return 0;
}
