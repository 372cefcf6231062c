#ifndef NEXUS_RUN_H
#define NEXUS_RUN_H

/* nexus run: asks the launcher, does what it answers. `arguments` are those after `run`. */
_Noreturn void run(char *const arguments[]);

#endif
