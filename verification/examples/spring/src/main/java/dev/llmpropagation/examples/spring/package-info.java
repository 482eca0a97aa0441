/** A web program on Spring Boot and Spring AI; application.yml sets everything up. */
@NullMarked
package dev.llmpropagation.examples.spring;

import org.jspecify.annotations.NullMarked;
