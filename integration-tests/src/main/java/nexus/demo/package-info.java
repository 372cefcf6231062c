/** What the demo needs besides nexus: {@link nexus.demo.WebServer}. */
@NullMarked
package nexus.demo;

import org.jspecify.annotations.NullMarked;
