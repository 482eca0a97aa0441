/**
 * What a call to a model says of itself on the wire: which operation, which model, how much was used. Read as the bytes
 * pass, never stored, and without prompts or responses.
 */
@NullMarked
package dev.llmpropagation.internal.model;

import org.jspecify.annotations.NullMarked;
