package collab

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"postroom/internal/store/collab"
)

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// writeSheet answers with a report as a file that spreadsheets open.
func writeSheet(w http.ResponseWriter, report timeReport, month collab.Month, lines []collab.TimeBooked, facts *timeFacts) error {
	book := excelize.NewFile()
	defer book.Close() // removes what didn't fit into memory
	if err := fillSheet(book, report, month, lines, facts); err != nil {
		return fmt.Errorf("report %s: %w", report.name, err)
	}
	name := fmt.Sprintf("%s-%d-%d.xlsx", report.name, month.First.Year(), month.First.Month())
	h := w.Header()
	h.Set("Content-Type", sheetType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, max-age=0, must-revalidate")
	_ = book.Write(w) // fails when the client is gone, and then nobody can be told
	return nil
}

func fillSheet(book *excelize.File, report timeReport, month collab.Month, lines []collab.TimeBooked, facts *timeFacts) error {
	title := fmt.Sprintf("%s %d-%d", report.title, month.First.Year(), month.First.Month())
	if err := book.SetSheetName(book.GetSheetName(0), title); err != nil {
		return err
	}
	sheet, err := book.NewStreamWriter(title)
	if err != nil {
		return err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	header := make([]any, len(report.columns))
	for i, column := range report.columns {
		header[i] = excelize.Cell{StyleID: bold, Value: column}
	}
	if err := sheet.SetColWidth(1, len(header), 20); err != nil {
		return err
	}
	if err := sheet.SetRow("A1", header); err != nil {
		return err
	}
	for i, line := range lines {
		if err := sheet.SetRow("A"+strconv.Itoa(i+2), report.cells(line, facts)); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

// numberCell makes a cell that can be added up.
func numberCell(decimal string) any {
	number, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	return number
}

func timeCell(t *time.Time) any {
	if t == nil {
		return ""
	}
	return t.UTC()
}
