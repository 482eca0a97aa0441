package dev.llmpropagation.scenarios.matrix;

/** How each SDK's service writes its answers. */
public enum Sdk {
    OPENAI {
        @Override
        public String document() {
            return """
                    {"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                    "message":{"role":"assistant","content":"hello","refusal":null},"logprobs":null,\
                    "finish_reason":"stop"}]}""";
        }

        @Override
        public String chunk(String text) {
            return """
                    data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
                    "delta":{"role":"assistant","content":"%s"},"finish_reason":null}]}

                    """.formatted(text);
        }

        @Override
        public String end() {
            return "data: [DONE]\n\n";
        }
    },
    GEMINI {
        @Override
        public String document() {
            return """
                    {"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP",\
                    "index":0}],"modelVersion":"m","responseId":"r-1"}""";
        }

        @Override
        public String chunk(String text) {
            return """
                    data: {"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]},"index":0}]}

                    """.formatted(text);
        }

        @Override
        public String end() {
            return """
                    data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP",\
                    "index":0}]}

                    """;
        }
    };

    /**
     * google-genai completes its futures on the JVM's common pool and hands out classes that cannot be wrapped, so there
     * a continuation has no Context unless the program carries it. It never has another call's.
     */
    boolean continuationsHaveContext() {
        return this == OPENAI;
    }

    public abstract String document();

    public abstract String chunk(String text);

    public abstract String end();

    String body(boolean streams) {
        return streams ? chunk("hel") + chunk("lo") + end() : document();
    }

    /** Two, because google-genai reads one ahead of what it hands out. */
    String firstChunks() {
        return chunk("hel") + chunk("lo");
    }
}
