/** A million calls of all kinds: bin/soak. */
package dev.llmpropagation.scenarios.soak;
