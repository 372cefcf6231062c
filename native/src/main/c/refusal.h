#ifndef NEXUS_REFUSAL_H
#define NEXUS_REFUSAL_H

#include "die.h"

/* A user namespace was refused: says by what, and what to do about it, as far as that can be known. */
_Noreturn void explain_refusal(struct failure failure);

#endif
