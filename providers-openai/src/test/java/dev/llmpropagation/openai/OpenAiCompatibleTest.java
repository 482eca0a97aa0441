package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiCompatibleTest {

    /** Who gives its base URL by hand gets the same name as who gives the service. */
    @ParameterizedTest
    @EnumSource
    void service_isKnownByItsHost(OpenAiCompatible service) {
        URI url = URI.create(service.baseUrl());
        assertThat(url.getScheme()).isEqualTo("https");
        assertThat(service.baseUrl()).doesNotEndWith("/");
        assertThat(ProviderHosts.providerNameOf(url.getHost())).isEqualTo(service.providerName());
    }

    @ParameterizedTest
    @CsvSource({
        "eu.api.openai.com, openai",
        "my-resource.openai.azure.com, azure.ai.openai",
        "my-resource.services.ai.azure.com, azure.ai.openai",
        "cn-hongkong.dashscope.aliyuncs.com, dashscope",
        "gateway.alibaba-inc.com, dashscope",
        "api.anthropic.com, anthropic",
        "x.ai, x_ai",
        "us-east-1.api.x.ai, x_ai",
        "my-resource.cognitiveservices.azure.com, azure.ai.openai",
        "my-gateway.azure-api.net, azure.ai.openai",
        "my-resource.openai.azure.us, azure.ai.openai",
        "my-resource.openai.azure.cn, azure.ai.openai",
        "my-resource.cognitiveservices.azure.us, azure.ai.openai",
        "eastus.api.cognitive.microsoft.com, azure.ai.openai",
        "models.inference.ai.azure.com, azure.ai.inference",
        "my-model.eastus2.models.ai.azure.com, azure.ai.inference",
        "bedrock-runtime.us-west-2.amazonaws.com, aws.bedrock",
        "bedrock-runtime-fips.us-gov-west-1.amazonaws.com, aws.bedrock",
        "vpce-1-2.bedrock-runtime.eu-west-1.vpce.amazonaws.com, aws.bedrock",
        "bedrock-runtime.cn-north-1.amazonaws.com.cn, aws.bedrock",
        "bedrock-mantle.us-east-1.api.aws, aws.bedrock",
        "generativelanguage.googleapis.com, gcp.gemini",
        "aiplatform.googleapis.com, gcp.vertex_ai",
        "europe-west1-aiplatform.googleapis.com, gcp.vertex_ai",
        "aiplatform.eu.rep.googleapis.com, gcp.vertex_ai",
        "ws-1.ap-southeast-1.maas.aliyuncs.com, dashscope",
        "api.groq.com, groq",
        "api.perplexity.ai, perplexity",
        "api.cohere.ai, cohere",
        "us-south.ml.cloud.ibm.com, ibm.watsonx.ai",
        "api.openai.com., openai"
    })
    void subdomain_isOfTheService(String host, String provider) {
        assertThat(ProviderHosts.providerNameOf(host)).isEqualTo(provider);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gw.example.com",
                "api.openai.com.example.com",
                "notopenai.com",
                "max.ai",
                "aliyuncs.com",
                "s3.us-east-1.amazonaws.com",
                "notbedrock.us-east-1.amazonaws.com",
                "storage.googleapis.com",
                "azure.com",
                ".",
                "localhost",
                "127.0.0.1",
                "::1",
                ""
            })
    void unknownHost_hasNoName(String host) {
        assertThat(ProviderHosts.providerNameOf(host)).isNull();
    }
}
