package dev.llmpropagation.openai;

/**
 * Services that speak OpenAI's API, as their own documentation gives them. How each counts tokens and reports errors is
 * read from its responses, whether it is named here or not.
 */
public enum OpenAiCompatible {
    OPENAI("https://api.openai.com/v1", "OPENAI_API_KEY", "openai"),
    /** Alibaba Cloud Model Studio, mainland China. */
    DASHSCOPE("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", "dashscope"),
    /** Alibaba Cloud Model Studio, international site. */
    DASHSCOPE_INTL("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", "dashscope"),
    /** Alibaba Cloud Model Studio, United States. */
    DASHSCOPE_US("https://dashscope-us.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", "dashscope"),
    DEEPSEEK("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek"),
    OPENROUTER("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "openrouter"),
    MODELSCOPE("https://api-inference.modelscope.cn/v1", "MODELSCOPE_API_KEY", "modelscope"),
    /** Kimi, mainland China. */
    MOONSHOT("https://api.moonshot.cn/v1", "MOONSHOT_API_KEY", "moonshot"),
    /** Kimi, international site. */
    MOONSHOT_INTL("https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", "moonshot"),
    MISTRAL("https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral_ai"),
    /** MiniMax, mainland China. */
    MINIMAX("https://api.minimaxi.com/v1", "MINIMAX_API_KEY", "minimax"),
    /** MiniMax, international site. */
    MINIMAX_INTL("https://api.minimax.io/v1", "MINIMAX_API_KEY", "minimax"),
    XAI("https://api.x.ai/v1", "XAI_API_KEY", "x_ai"),
    /** GLM, mainland China. */
    ZHIPU("https://open.bigmodel.cn/api/paas/v4", "ZHIPUAI_API_KEY", "z_ai"),
    /** GLM, international site. */
    ZAI("https://api.z.ai/api/paas/v4", "ZAI_API_KEY", "z_ai");

    private final String baseUrl;
    private final String apiKeyVariable;
    private final String providerName;

    OpenAiCompatible(String baseUrl, String apiKeyVariable, String providerName) {
        this.baseUrl = baseUrl;
        this.apiKeyVariable = apiKeyVariable;
        this.providerName = providerName;
    }

    /** Where requests go, without a slash at the end. */
    public String baseUrl() {
        return baseUrl;
    }

    /** Environment variable that holds the API key. */
    public String apiKeyVariable() {
        return apiKeyVariable;
    }

    /** Value of {@code gen_ai.provider.name}. */
    public String providerName() {
        return providerName;
    }
}
