package dev.llmpropagation.doctor.listen;

import java.io.IOException;

/** A request is not taken. The message is for the one who sent it, and for the terminal. */
final class Refusal extends IOException {

    private final int status;

    Refusal(int status, String message) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
