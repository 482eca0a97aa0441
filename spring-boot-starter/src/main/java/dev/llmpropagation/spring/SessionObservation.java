package dev.llmpropagation.spring;

import dev.llmpropagation.session.LlmSession;

/** Lets the observation that is current on this thread carry a session, to wherever it is handed on. */
interface SessionObservation {

    void carry(LlmSession session);
}
