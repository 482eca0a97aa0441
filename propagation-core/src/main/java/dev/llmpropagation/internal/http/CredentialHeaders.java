package dev.llmpropagation.internal.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Headers that carry credentials: no other origin gets them, no span shows them, and no id of ours takes their place. */
public final class CredentialHeaders {

    private static final Set<String> NAMES = Set.of(
            "authorization",
            "proxy-authorization",
            "api-key",
            "x-api-key",
            "x-goog-api-key",
            "cookie",
            "cookie2",
            "set-cookie",
            "set-cookie2",
            // of gateways
            "apikey",
            "cf-access-client-id",
            "cf-access-client-secret",
            "cf-aig-authorization",
            "helicone-auth",
            "ocp-apim-subscription-key",
            "x-amz-security-token",
            "x-portkey-api-key",
            "x-portkey-config",
            "x-portkey-virtual-key");

    // A header with one of these in its name carries a credential.
    private static final List<String> PARTS = List.of(
            "accesskey",
            "apikey",
            "assertion",
            "authentic",
            "authoriz",
            "bearer",
            "cookie",
            "credential",
            "jwt",
            "passphrase",
            "passw",
            "secret",
            "signature");
    private static final List<String> ENDS = List.of("auth", "key", "keys", "passwd", "pwd", "token");
    private static final Set<String> WORDS = Set.of("pass", "pin", "saml", "sig", "ticket");

    // Their names look so, but they carry no credential.
    private static final Set<String> OTHERS = Set.of(
            "idempotency-key",
            "x-idempotency-key",
            "sec-websocket-key",
            "surrogate-key",
            "page-token",
            "page_token",
            "pagetoken",
            "proxy-authenticate",
            "www-authenticate");

    // A cache: each call asks for the same few names. Bounded, since names can come from outside of the program.
    private static final int MAX_NAMES = 500;
    private static final int MAX_LENGTH = 100;
    private static final ConcurrentMap<String, Boolean> ASKED = new ConcurrentHashMap<>();

    private CredentialHeaders() {}

    /**
     * Whether the name of a header or query parameter suggests a credential. Each gateway has a name of its own, but all are
     * made of the same few words.
     *
     * @param name in upper or lower case
     */
    public static boolean suggestedBy(String name) {
        Boolean asked = ASKED.get(name);
        if (asked != null) {
            return asked;
        }
        boolean suggested = isSuggestedBy(name);
        if (name.length() <= MAX_LENGTH && ASKED.size() < MAX_NAMES) {
            ASKED.put(name, suggested);
        }
        return suggested;
    }

    private static boolean isSuggestedBy(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (NAMES.contains(lower)) {
            return true;
        }
        if (OTHERS.contains(lower)) {
            return false;
        }
        for (String part : PARTS) {
            if (lower.contains(part)) {
                return true;
            }
        }
        for (String word : lower.split("[^a-z0-9]+", -1)) {
            if (WORDS.contains(word) || ENDS.stream().anyMatch(word::endsWith)) {
                return true;
            }
        }
        return false;
    }
}
