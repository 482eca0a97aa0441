/** URLs that anybody may have written. For this library's own modules. */
@NullMarked
package dev.llmpropagation.internal.url;

import org.jspecify.annotations.NullMarked;
