#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NO_CAPABILITY = -1 };

static enum step shrink_bounding_set(int kept)
{
    for (int capability = 0;; capability++) {
        if (capability != kept && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            /* Past the last capability that this kernel knows, which may be more than our headers know. */
            return errno == EINVAL ? STEP_NONE : STEP_BOUNDING_SET;
        }
    }
}

static enum step set_capabilities(uint32_t low)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[2] = {
        {.effective = low, .permitted = low, .inheritable = low},
    };
    return syscall(SYS_capset, &header, data) == 0 ? STEP_NONE : STEP_CAPSET;
}

enum step keep_mount_capability(void)
{
    enum step failed = shrink_bounding_set(CAP_SYS_ADMIN);
    if (failed == STEP_NONE)
        failed = set_capabilities(1U << CAP_SYS_ADMIN);
    if (failed == STEP_NONE && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) != 0)
        failed = STEP_AMBIENT_SET;
    return failed;
}

enum step drop_privileges(void)
{
    /* The order is given: dropping and locking need CAP_SETPCAP, which goes last. */
    enum step failed = shrink_bounding_set(NO_CAPABILITY);
    if (failed != STEP_NONE)
        return failed;
    const unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (prctl(PR_SET_SECUREBITS, locked, 0, 0, 0) != 0)
        return STEP_SECUREBITS;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return STEP_AMBIENT_SET;
    failed = set_capabilities(0);
    if (failed == STEP_NONE && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        failed = STEP_NO_NEW_PRIVS;
    return failed;
}
