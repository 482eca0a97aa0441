/** What a program with thousands of open streams pays for an instrumentation: bin/streams. */
package dev.llmpropagation.comparison.streams;
