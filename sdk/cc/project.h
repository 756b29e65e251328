/* project.h: mewz.toml, what a project's folder says in place of a command line.
 *
 * Its keys are the long options without their dashes, and names for what has none: program (the operand), arguments
 * (behind `--`), output (-o), memory (-m), ports (-p), optimise (-O), debug (-g). An option that may come several times
 * takes a list; `env` also takes a table. A verb ignores the keys of the others. */
#ifndef CC_PROJECT_H
#define CC_PROJECT_H

#include "cc/options.h"

#define PROJECT_FILE "mewz.toml"

/* Whether this folder is a project's. */
bool project_exists(void);

/* Puts what PROJECT_FILE says before the words `argv`, which have no operand, so that they win, also where they leave
 * one of its keys without a meaning; the result lies on the arena. Fails with the line where the file is no TOML or has
 * a key that no verb knows. */
int project_join(const struct command_line *line, char **argv, char ***joined, struct arena *arena, struct err *err);

#endif
