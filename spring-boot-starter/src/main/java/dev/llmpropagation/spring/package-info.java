/** The library in Spring Boot: beans, properties, and Spring AI on our clients. */
@NullMarked
package dev.llmpropagation.spring;

import org.jspecify.annotations.NullMarked;
