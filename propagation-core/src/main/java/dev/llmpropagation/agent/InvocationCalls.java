package dev.llmpropagation.agent;

import java.util.concurrent.atomic.AtomicLong;

/** What one agent asks for while it works: model calls and tools of its own, not those of agents that work for it. */
final class InvocationCalls {

    final AtomicLong inference = new AtomicLong();
    final AtomicLong tools = new AtomicLong();
}
