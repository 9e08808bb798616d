// The default participant and model of the tests' host, and a stranger who asks the models that others bring.
const vscode = require("vscode");

const MODEL = {
    id: "standin",
    name: "Stand-in",
    family: "standin",
    version: "1",
    maxInputTokens: 1000,
    maxOutputTokens: 1000,
    capabilities: {},
    isDefault: true,
    isUserSelectable: true,
};

const provider = {
    provideLanguageModelChatInformation: async () => [MODEL],
    provideLanguageModelChatResponse: async (_model, _messages, _options, progress) =>
        progress.report(new vscode.LanguageModelTextPart("the stand-in")),
    provideTokenCount: async () => 1,
};

async function answerOf(model, question) {
    const reply = await model.sendRequest([vscode.LanguageModelChatMessage.User(question)], {});
    let text = "";
    for await (const piece of reply.text) {
        text += piece;
    }
    return text;
}

async function askModels() {
    const words = await vscode.window.showInputBox({ prompt: "VENDOR MODEL QUESTION" });
    const [vendor, id, ...question] = (words ?? "").split(" ");
    const models = await vscode.lm.selectChatModels({ vendor, id });
    const answers = await Promise.all(models.map((model) => answerOf(model, question.join(" ")).catch(String)));
    vscode.window.showInformationMessage(`${models.length} models: ${answers.join("; ")}`);
}

exports.activate = (context) => {
    context.subscriptions.push(
        vscode.chat.createChatParticipant("standIn.default", async (_request, _context, stream) => {
            stream.markdown("the stand-in");
        }),
        vscode.lm.registerLanguageModelChatProvider("standin", provider),
        vscode.commands.registerCommand("standIn.askModels", askModels),
    );
};
