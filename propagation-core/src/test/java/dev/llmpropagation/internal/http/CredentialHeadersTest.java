package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialHeadersTest {

    /** As gateways and their documentation write them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "Proxy-Authorization",
                "X-Forwarded-Authorization",
                "x-goog-api-key",
                "Ocp-Apim-Subscription-Key",
                "cf-aig-authorization",
                "CF-Access-Client-Id",
                "CF-Access-Client-Secret",
                "CF-Access-Token",
                "Cf-Access-Jwt-Assertion",
                "x-portkey-api-key",
                "x-portkey-virtual-key",
                "x-portkey-config",
                "Helicone-Auth",
                "apikey",
                "X-ApiKey",
                "x-litellm-api-key",
                "X-Auth-Token",
                "X-Auth-Key",
                "Private-Token",
                "X-Vault-Token",
                "x-functions-key",
                "x-amz-security-token",
                "x-ms-token-aad-access-token",
                "X-Goog-IAP-JWT-Assertion",
                "X-Goog-Iam-Authorization-Token",
                "X-Client-Secret",
                "X-Gateway-Password",
                "X-User-Pwd",
                "X-Signature",
                "X-Hub-Signature-256",
                "Cookie",
                "Set-Cookie"
            })
    void nameOfACredential_isKnown(String name) {
        assertThat(CredentialHeaders.suggestedBy(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Accept",
                "Content-Type",
                "User-Agent",
                "Idempotency-Key",
                "X-Request-Id",
                "X-Author",
                "X-Stainless-Retry-Count",
                "x-ratelimit-remaining-tokens",
                "openai-processing-ms",
                "OpenAI-Organization",
                "x-goog-api-client",
                "WWW-Authenticate",
                "Keep-Alive",
                "X-Design",
                "X-Spinner"
            })
    void otherName_isNone(String name) {
        assertThat(CredentialHeaders.suggestedBy(name)).isFalse();
    }
}
