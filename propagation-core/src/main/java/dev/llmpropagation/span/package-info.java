/** What the spans of agents and daemons share: how they end, and texts that may be shown. For this library's own packages. */
@NullMarked
package dev.llmpropagation.span;

import org.jspecify.annotations.NullMarked;
