package dev.llmpropagation.openai;

import static java.util.Map.entry;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whose service a host is, by the domains that the providers document, those of sovereign clouds included. */
final class ProviderHosts {

    private static final String AZURE = "azure.ai.openai";
    private static final String AZURE_INFERENCE = "azure.ai.inference";
    private static final String BEDROCK = "aws.bedrock";
    private static final String GEMINI = "gcp.gemini";
    private static final String VERTEX = "gcp.vertex_ai";

    // With all their subdomains: services have regions, and resources of their own.
    private static final Map<String, String> DOMAINS = Map.ofEntries(
            entry("openai.com", "openai"),
            entry("openai.azure.com", AZURE),
            entry("openai.azure.us", AZURE),
            entry("openai.azure.cn", AZURE),
            entry("cognitiveservices.azure.com", AZURE),
            entry("cognitiveservices.azure.us", AZURE),
            entry("cognitiveservices.azure.cn", AZURE),
            entry("services.ai.azure.com", AZURE),
            entry("services.ai.azure.us", AZURE),
            entry("services.ai.azure.cn", AZURE),
            entry("api.cognitive.microsoft.com", AZURE),
            entry("api.cognitive.microsoft.us", AZURE),
            entry("api.cognitive.azure.cn", AZURE),
            // API Management, in front of Azure's own services as a rule
            entry("azure-api.net", AZURE),
            entry("azure-api.us", AZURE),
            entry("azure-api.cn", AZURE),
            entry("inference.ai.azure.com", AZURE_INFERENCE),
            entry("models.ai.azure.com", AZURE_INFERENCE),
            entry("inference.ml.azure.com", AZURE_INFERENCE),
            entry("inference.ml.azure.us", AZURE_INFERENCE),
            entry("inference.ml.azure.cn", AZURE_INFERENCE),
            entry("generativelanguage.googleapis.com", GEMINI),
            entry("anthropic.com", "anthropic"),
            entry("groq.com", "groq"),
            entry("perplexity.ai", "perplexity"),
            entry("cohere.com", "cohere"),
            entry("cohere.ai", "cohere"),
            entry("ml.cloud.ibm.com", "ibm.watsonx.ai"),
            entry("dashscope.aliyuncs.com", "dashscope"),
            entry("dashscope-intl.aliyuncs.com", "dashscope"),
            entry("dashscope-us.aliyuncs.com", "dashscope"),
            entry("dashscope-finance.aliyuncs.com", "dashscope"),
            entry("maas.aliyuncs.com", "dashscope"),
            entry("alibaba-inc.com", "dashscope"),
            entry("aliyun-inc.com", "dashscope"),
            entry("deepseek.com", "deepseek"),
            entry("openrouter.ai", "openrouter"),
            entry("modelscope.cn", "modelscope"),
            entry("modelscope.ai", "modelscope"),
            entry("moonshot.cn", "moonshot"),
            entry("moonshot.ai", "moonshot"),
            entry("mistral.ai", "mistral_ai"),
            entry("minimaxi.com", "minimax"),
            entry("minimax.io", "minimax"),
            entry("minimax.chat", "minimax"),
            entry("x.ai", "x_ai"),
            entry("bigmodel.cn", "z_ai"),
            entry("z.ai", "z_ai"));

    private static final Set<String> AWS =
            Set.of("amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn");
    private static final String GOOGLE = "googleapis.com";

    private ProviderHosts() {}

    /**
     * @param host as OkHttp has it: in lower case
     * @return {@code gen_ai.provider.name} of the service at this host, or null if it is none that is known
     */
    static @Nullable String providerNameOf(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        String domain = name;
        while (true) {
            String provider = DOMAINS.get(domain);
            if (provider != null) {
                return provider;
            }
            if (AWS.contains(domain)) {
                return hasLabel(name, domain, "bedrock", true) ? BEDROCK : null;
            }
            if (domain.equals(GOOGLE)) {
                return hasLabel(name, domain, "aiplatform", false) ? VERTEX : null;
            }
            int dot = domain.indexOf('.');
            if (dot < 0) {
                return null;
            }
            domain = domain.substring(dot + 1);
        }
    }

    /** Their hosts say the service with the region, in one label or in two: {@code europe-west1-aiplatform}. */
    private static boolean hasLabel(String host, String domain, String service, boolean first) {
        String rest = host.substring(0, host.length() - domain.length());
        for (String label : rest.split("\\.", -1)) {
            if (label.equals(service) || (first ? label.startsWith(service + "-") : label.endsWith("-" + service))) {
                return true;
            }
        }
        return false;
    }
}
