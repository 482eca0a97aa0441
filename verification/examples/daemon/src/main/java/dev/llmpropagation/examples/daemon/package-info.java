/** A daemon that hosts sessions, its client, and the process of an agent below it: three processes, one trace for each prompt. */
@NullMarked
package dev.llmpropagation.examples.daemon;

import org.jspecify.annotations.NullMarked;
