#ifndef NEXUS_COMMAND_H
#define NEXUS_COMMAND_H

/* nexus agent: starts, stops, restarts the agent, or shows how it is. `arguments` are those after `agent`. */
_Noreturn void command_agent(char *const arguments[]);

#endif
