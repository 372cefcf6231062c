/**
 * Puts good bytes in the place of tainted ones: from this store, else from mirrors.
 *
 * <p>{@link nexus.heal.Healer} is the entry point; it returns a {@link nexus.heal.HealReport}.
 */
@NullMarked
package nexus.heal;

import org.jspecify.annotations.NullMarked;
