/**
 * What the spans of agents and daemons share: one life from start to end, what is kept while they are open, and texts that
 * may be shown. For this library's own packages.
 */
@NullMarked
package dev.llmpropagation.internal.span;

import org.jspecify.annotations.NullMarked;
