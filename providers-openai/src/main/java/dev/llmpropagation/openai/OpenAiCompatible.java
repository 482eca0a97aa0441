package dev.llmpropagation.openai;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Services that speak OpenAI's API, as their own documentation gives them. */
public enum OpenAiCompatible {
    OPENAI("https://api.openai.com/v1", "OPENAI_API_KEY", "openai"),
    /** Alibaba Cloud Model Studio, mainland China. */
    DASHSCOPE("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", "dashscope"),
    /** Alibaba Cloud Model Studio, international site. */
    DASHSCOPE_INTL("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", "dashscope"),
    DEEPSEEK("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek"),
    OPENROUTER("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "openrouter"),
    MODELSCOPE("https://api-inference.modelscope.cn/v1", "MODELSCOPE_API_KEY", "modelscope"),
    MOONSHOT("https://api.moonshot.cn/v1", "MOONSHOT_API_KEY", "moonshot"),
    MISTRAL("https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral_ai"),
    MINIMAX("https://api.minimaxi.com/v1", "MINIMAX_API_KEY", "minimax"),
    ZHIPU("https://open.bigmodel.cn/api/paas/v4", "ZHIPUAI_API_KEY", "z_ai");

    private final String baseUrl;
    private final String apiKeyVariable;
    private final String providerName;
    private final String host;

    OpenAiCompatible(String baseUrl, String apiKeyVariable, String providerName) {
        this.baseUrl = baseUrl;
        this.apiKeyVariable = apiKeyVariable;
        this.providerName = providerName;
        this.host = URI.create(baseUrl).getHost();
    }

    /** The value for the service at this host, or null if it is none of these. */
    static @Nullable String providerNameOf(String host) {
        for (OpenAiCompatible service : values()) {
            if (service.host.equals(host)) {
                return service.providerName;
            }
        }
        // Its newer paths do not tell it from OpenAI's own.
        return host.endsWith(".openai.azure.com") ? "azure.ai.openai" : null;
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
