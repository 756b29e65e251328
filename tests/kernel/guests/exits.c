/* Ends with the exit code that the first argument says; "return" returns from main. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "return") != 0)
        exit(atoi(argv[1]));
    return 0;
}
