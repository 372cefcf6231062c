@NullMarked
package nexus.policy;

import org.jspecify.annotations.NullMarked;
