package dev.llmpropagation.testkit;

import static java.util.Objects.requireNonNull;

/** What goes wrong on the wire, and when. The service itself has understood the request. Immutable. */
public sealed interface Fault {

    Phase phase();

    /** How much of the response the client has got when the fault strikes. */
    enum Phase {
        /** Nothing. */
        BEFORE_HEADERS,
        /** Status and headers. */
        AFTER_HEADERS,
        /** The first half: of a stream's events, or of a document's bytes. */
        IN_BODY,
        /** All of the content, but not the end that HTTP marks. */
        BEFORE_END
    }

    /** The connection is closed in good order, as by a proxy that has waited long enough. */
    record Disconnect(Phase phase) implements Fault {
        public Disconnect {
            requireNonNull(phase, "phase");
        }
    }

    /** The connection is reset, as by a process that died. */
    record Reset(Phase phase) implements Fault {
        public Reset {
            requireNonNull(phase, "phase");
        }
    }

    /** Nothing more is sent and the connection stays open, until the test ends or the server closes. */
    record Stall(Phase phase) implements Fault {
        public Stall {
            requireNonNull(phase, "phase");
        }
    }

    /** Bytes that are no HTTP, and the end of the connection. */
    record Garbage(Phase phase) implements Fault {
        public Garbage {
            requireNonNull(phase, "phase");
        }
    }
}
