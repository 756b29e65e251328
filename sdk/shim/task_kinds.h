/* task_kinds.h: the inside of a task's process: task.c sets it up, then one of these runs. */
#ifndef SHIM_TASK_KINDS_H
#define SHIM_TASK_KINDS_H

#include "shim/cgroup.h"
#include "shim/program.h"
#include "shim/spec.h"
#include "shim/task.h"

struct task_self {
    const struct task_options *options;
    int fd; /* the task's end */
    struct spec spec;
    struct cgroup cgroup;
};

/* Each returns the container's exit code; or -1 with err set where the task could not be created or started, and has
 * not reported that. */
int task_machine(struct task_self *self, const struct program *program, struct err *err);
int task_linux(struct task_self *self, struct err *err);   /* an ordinary container, by runc or crun */
int task_sandbox(struct task_self *self, struct err *err); /* holds a pod's namespaces */

/* Whether a signal's default action is to do nothing (signal(7)); 0 is none. */
bool task_is_harmless(int signal);

/* Makes the control group with its limits, and joins it; sets the score for want of memory. */
int task_enter_cgroup(const struct task_self *self, struct err *err);

#endif
