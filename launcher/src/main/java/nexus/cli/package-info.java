@NullMarked
package nexus.cli;

import org.jspecify.annotations.NullMarked;
