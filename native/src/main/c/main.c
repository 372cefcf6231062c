#include "command.h"
#include "fd.h"
#include "java.h"
#include "run.h"

#include <string.h>

int main(int argc, char *argv[])
{
    settle_descriptors();
    if (argc > 1 && strcmp(argv[1], "run") == 0)
        run(argv + 2);
    if (argc > 1 && strcmp(argv[1], "agent") == 0)
        command_agent(argv + 2);
    become_java(argc > 1 ? argv + 1 : argv + argc);
}
