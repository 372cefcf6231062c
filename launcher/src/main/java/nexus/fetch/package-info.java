@NullMarked
package nexus.fetch;

import org.jspecify.annotations.NullMarked;
