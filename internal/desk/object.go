package desk

// What records are called where several kinds of them are named, as by tags, links and attachments.
const (
	ObjectTicket      = "Ticket"
	ObjectArticle     = "Ticket::Article"
	ObjectArticleMail = "Ticket::Article::Mail" // the raw mail, in or out
	ObjectUploadCache = "UploadCache"
	ObjectKBAnswer    = "KnowledgeBase::Answer"
	ObjectCall        = "Cti::Log"
)
