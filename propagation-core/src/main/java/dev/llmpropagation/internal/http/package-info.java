/** The steps of a request, as OkHttp application interceptors, and the streaming body. */
@NullMarked
package dev.llmpropagation.internal.http;

import org.jspecify.annotations.NullMarked;
