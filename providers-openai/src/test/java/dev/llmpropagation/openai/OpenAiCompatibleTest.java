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
        assertThat(OpenAiCompatible.providerNameOf(url.getHost())).isEqualTo(service.providerName());
    }

    @ParameterizedTest
    @CsvSource({
        "eu.api.openai.com, openai",
        "my-resource.openai.azure.com, azure.ai.openai",
        "my-resource.services.ai.azure.com, azure.ai.openai",
        "cn-hongkong.dashscope.aliyuncs.com, dashscope",
        "gateway.alibaba-inc.com, dashscope",
        "api.anthropic.com, anthropic",
        "x.ai, x_ai"
    })
    void subdomain_isOfTheService(String host, String provider) {
        assertThat(OpenAiCompatible.providerNameOf(host)).isEqualTo(provider);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gw.example.com",
                "api.openai.com.example.com",
                "notopenai.com",
                "max.ai",
                "aliyuncs.com",
                "localhost",
                "127.0.0.1",
                "::1",
                ""
            })
    void unknownHost_hasNoName(String host) {
        assertThat(OpenAiCompatible.providerNameOf(host)).isNull();
    }
}
