/**
 * What an agent program does around its model calls, as spans: interaction, tool, execution, approval wait, hook,
 * subagent, model request. Start at {@link dev.llmpropagation.agent.AgentTracing}.
 */
@NullMarked
package dev.llmpropagation.agent;

import org.jspecify.annotations.NullMarked;
