#ifndef NEXUS_REFUSAL_H
#define NEXUS_REFUSAL_H

#include "die.h"

/* The child could not become the JVM: says why, and exits. If a user namespace was refused, by what, and what to
 * do about it, as far as that can be known. */
_Noreturn void explain_start(struct failure failure);

#endif
