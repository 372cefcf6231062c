/* One word, chosen when it is compiled: -DGOOD is the right program, -DBAD another of the same length. */
#include <unistd.h>

#ifdef GOOD
static const char word[] = "GOOD\n";
#else
static const char word[] = "BAD!\n";
#endif

int main(void)
{
    return write(1, word, sizeof word - 1) == sizeof word - 1 ? 0 : 1;
}
