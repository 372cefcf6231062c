#ifndef NEXUS_MONITOR_H
#define NEXUS_MONITOR_H

#include <sys/types.h>

/* Stands for the app towards the caller: gets its signals, stops when it stops, ends as it ends. */
_Noreturn void monitor(pid_t app, pid_t init);

#endif
