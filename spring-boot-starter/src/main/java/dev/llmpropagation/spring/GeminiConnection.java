package dev.llmpropagation.spring;

import com.google.genai.Client;

/** Who calls Gemini, where our own properties do not say it. */
interface GeminiConnection {

    void set(Client.Builder sdk);
}
