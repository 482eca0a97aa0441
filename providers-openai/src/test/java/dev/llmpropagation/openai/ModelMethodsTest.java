package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every method of the SDK's services either asks a model for something, and then its request is known as a model call, or
 * it is excused here. A newer SDK with a method that is neither fails this test: look at what it sends, and decide.
 */
class ModelMethodsTest {

    /** Known by their paths, see {@code ModelCall}. */
    private static final Set<String> MODEL_CALLS = Set.of(
            "chat.ChatCompletionService.create",
            "chat.ChatCompletionService.createStreaming",
            "CompletionService.create",
            "CompletionService.createStreaming",
            "DecisionService.create",
            "EmbeddingService.create",
            "ResponseService.compact",
            "ResponseService.create",
            "ResponseService.createStreaming",
            "beta.ResponseService.compact",
            "beta.ResponseService.create",
            "beta.ResponseService.createStreaming");

    /** They look at what is there, or change it, whatever the service. */
    private static final Pattern READS_OR_MANAGES =
            Pattern.compile("(retrieve|list|delete|update|cancel|get|download)\\w*"
                    + "|content|validate|archive|activate|deactivate|count|hangup|refer|reject|stream|streamStreaming|pause|resume"
                    + "|verifySignature|unwrap|rotateSecret|complete|search|withOptions|withRawResponse");

    /** Why not, and what. */
    private static final Map<String, String> EXCUSED = Map.ofEntries(
            Map.entry("the convention has no operation for pictures, and megabytes of them are not read", """
                    ImageService createVariation edit editStreaming generate generateStreaming
                    """),
            Map.entry("sound goes in or comes out, which is no JSON", """
                    audio.SpeechService create
                    audio.TranscriptionService create createStreaming
                    audio.TranslationService create
                    audio.VoiceConsentService create
                    audio.VoiceService create
                    """),
            Map.entry("it classifies, counts no tokens and costs nothing", """
                    ModerationService create
                    ContentProvenanceCheckService create
                    """),
            Map.entry("it starts a job, and what the job used is known hours later", """
                    BatchService create
                    VideoService create createCharacter edit extend remix
                    evals.RunService create
                    finetuning.JobService create
                    finetuning.alpha.GraderService run
                    """),
            Map.entry("a run of an agent at the service, which calls models by itself", """
                    beta.ThreadService createAndRun createAndRunStreaming
                    beta.threads.RunService create createStreaming submitToolOutputs submitToolOutputsStreaming
                    beta.agents.SessionService create createStreaming
                    beta.agents.sessions.EventService create
                    """),
            Map.entry("a connection that lasts, of which the handshake is an attempt", """
                    ResponseService connect
                    beta.ResponseService connectWebSocket
                    LiveService create
                    live.SessionService accept fork
                    realtime.CallService accept create
                    """),
            Map.entry("it gives a key or a session for somebody else", """
                    beta.chatkit.SessionService create
                    beta.realtime.SessionService create
                    beta.realtime.TranscriptionSessionService create
                    realtime.ClientSecretService create
                    realtime.translations.ClientSecretService create
                    """),
            Map.entry("it stores something", """
                    ContainerService create
                    ConversationService create
                    EvalService create
                    FileService create
                    SkillService create
                    UploadService create
                    VectorStoreService create
                    WebhookService create test
                    beta.AgentService create
                    beta.AssistantService create
                    beta.ThreadService create
                    beta.agents.EnvironmentService create
                    beta.agents.VaultService create
                    beta.agents.environments.FileService create
                    beta.agents.environments.TemplateService create
                    beta.agents.vaults.CredentialService create
                    beta.threads.MessageService create
                    containers.FileService create
                    conversations.ItemService create
                    finetuning.checkpoints.PermissionService create
                    skills.VersionService create
                    uploads.PartService create
                    vectorstores.FileBatchService create
                    vectorstores.FileService create
                    """),
            Map.entry("it administers an organisation", """
                    admin.organization.AdminApiKeyService create
                    admin.organization.CertificateService create
                    admin.organization.ExternalKeyService create
                    admin.organization.ExternalStorageService create
                    admin.organization.GroupService create
                    admin.organization.InviteService create
                    admin.organization.ProjectService create
                    admin.organization.RoleService create
                    admin.organization.SpendAlertService create
                    admin.organization.UsageService audioSpeeches audioTranscriptions codeInterpreterSessions completions
                    admin.organization.UsageService costs decisions embeddings fileSearchCalls images moderations
                    admin.organization.UsageService vectorStores webSearchCalls
                    admin.organization.WorkloadIdentityProviderService create
                    admin.organization.groups.RoleService create
                    admin.organization.groups.UserService create
                    admin.organization.projects.GroupService create
                    admin.organization.projects.RoleService create
                    admin.organization.projects.ServiceAccountService create
                    admin.organization.projects.SpendAlertService create
                    admin.organization.projects.UserService create
                    admin.organization.projects.groups.RoleService create
                    admin.organization.projects.serviceaccounts.ApiKeyService create
                    admin.organization.projects.users.RoleService create
                    admin.organization.users.RoleService create
                    admin.organization.workloadidentityproviders.FederationRuleService create
                    """));

    @Test
    void everyMethodOfTheSdk_isAModelCallOrExcused() {
        Map<String, String> unknown = new TreeMap<>();
        Set<String> known = new TreeSet<>(MODEL_CALLS);
        EXCUSED.values().forEach(text -> known.addAll(methods(text)));
        Set<String> seen = new HashSet<>();
        for (Class<?> service : SdkServices.all()) {
            if (!service.getName().startsWith("com.openai.services.") || service.isMemberClass()) {
                continue; // clients, and the raw forms of the same services
            }
            String name = service.getName()
                    .replaceFirst("com\\.openai\\.services\\.(blocking|async)\\.", "")
                    .replaceFirst("Async$", "");
            SdkServices.instanceMethods(service).stream()
                    .filter(method -> !method.getReturnType().getName().startsWith("com.openai.services."))
                    .filter(method ->
                            !READS_OR_MANAGES.matcher(method.getName()).matches())
                    .forEach(method -> {
                        String full = name + "." + method.getName();
                        seen.add(full);
                        if (!known.contains(full)) {
                            unknown.put(full, method.toString());
                        }
                    });
        }

        assertThat(unknown)
                .as("methods of this SDK that nobody has looked at: is it a model call?")
                .isEmpty();
        assertThat(seen)
                .contains("chat.ChatCompletionService.create", "ResponseService.compact")
                .hasSizeGreaterThan(50);
    }

    @Test
    void noMethod_isBothKnownAndExcused() {
        EXCUSED.values().forEach(text -> assertThat(methods(text)).doesNotContainAnyElementsOf(MODEL_CALLS));
    }

    /** Each line is a service and methods of it. */
    private static Set<String> methods(String text) {
        return text.lines()
                .map(line -> line.trim().split(" "))
                .flatMap(words -> Arrays.stream(words).skip(1).map(method -> words[0] + "." + method))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
