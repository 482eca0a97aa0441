package dev.llmpropagation.doctor.check;

import org.jspecify.annotations.Nullable;

/** A model service, asked through a client of its SDK that our factory made. */
interface ModelService extends AutoCloseable {

    /**
     * Makes a request that costs nothing and needs the key.
     *
     * @param model null if none was named
     * @return whether the service knows the model; null if that was not asked or cannot be told
     */
    @Nullable
    Boolean knows(@Nullable String model);

    /** Asks the model for a few words: a paid call. */
    void call(String model, boolean stream, Answer answer);

    @Override
    void close();

    /** Hears how the answer comes in. */
    interface Answer {

        /** Status and headers are there, and good. */
        void begins();

        /** @param last whether the model says that it is done */
        void chunk(boolean last);

        /** What a program has to know that makes the same call. */
        void note(String what);
    }
}
