#ifndef NEXUS_RUN_H
#define NEXUS_RUN_H

/* nexus run: asks the agent or a launcher of its own, does what it answers. `arguments` are those after `run`. */
_Noreturn void run(char *const arguments[]);

#endif
