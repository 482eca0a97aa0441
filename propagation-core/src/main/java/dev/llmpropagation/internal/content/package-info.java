/**
 * What is said in model calls, read only where the program records it. The one package that reads JSON by a library:
 * Jackson, which both SDKs bring.
 */
@NullMarked
package dev.llmpropagation.internal.content;

import org.jspecify.annotations.NullMarked;
