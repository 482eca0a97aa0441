package dev.llmpropagation.internal.span;

/** What tokens stand for, and the attributes that count them. */
public enum Modality {
    TEXT("text", Attribute.TEXT_INPUT_TOKENS, Attribute.TEXT_OUTPUT_TOKENS, Attribute.TEXT_CACHE_READ_TOKENS),
    IMAGE("image", Attribute.IMAGE_INPUT_TOKENS, Attribute.IMAGE_OUTPUT_TOKENS, Attribute.IMAGE_CACHE_READ_TOKENS),
    AUDIO("audio", Attribute.AUDIO_INPUT_TOKENS, Attribute.AUDIO_OUTPUT_TOKENS, Attribute.AUDIO_CACHE_READ_TOKENS);

    /** {@code gen_ai.token.modality} of what no service tells more of. */
    public static final String UNKNOWN = "unknown";

    public final String value;
    public final Attribute input;
    public final Attribute output;
    public final Attribute cacheRead;

    Modality(String value, Attribute input, Attribute output, Attribute cacheRead) {
        this.value = value;
        this.input = input;
        this.output = output;
        this.cacheRead = cacheRead;
    }
}
