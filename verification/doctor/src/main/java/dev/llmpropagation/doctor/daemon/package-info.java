/** The running example: a daemon that hosts the agents of many sessions in a process of theirs, and its traces. */
@NullMarked
package dev.llmpropagation.doctor.daemon;

import org.jspecify.annotations.NullMarked;
