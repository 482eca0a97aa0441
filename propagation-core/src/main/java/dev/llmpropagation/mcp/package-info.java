/**
 * Spans and durations of calls over the Model Context Protocol, for its Java SDK. The one package that knows that SDK, which
 * a program brings that speaks MCP.
 */
@NullMarked
package dev.llmpropagation.mcp;

import org.jspecify.annotations.NullMarked;
