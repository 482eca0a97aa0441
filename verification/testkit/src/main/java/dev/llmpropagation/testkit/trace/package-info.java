/** Spans as a collector receives them, and how they are shown. Knows the names of attributes, and no class of the library or the SDKs. */
@NullMarked
package dev.llmpropagation.testkit.trace;

import org.jspecify.annotations.NullMarked;
